"""What the school writes about: articles with a picture."""
