"""Object storage: the names of objects, and the S3 client."""
