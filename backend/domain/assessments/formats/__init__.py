"""Questions as files, in four formats, both ways: pure readers and writers, and the child process that reads."""
