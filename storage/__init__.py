"""Object storage: what objects are called (keys) and how their bytes go in and out (s3)."""
