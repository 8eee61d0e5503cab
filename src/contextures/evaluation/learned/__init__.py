"""What an encoder has learned of a context, on rows that it was not fitted to."""
