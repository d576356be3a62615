"""The business, cut by feature: each folder says what is kept, true, asked, done, announced and refused."""
