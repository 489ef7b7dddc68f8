"""What the sandbox promises, tried by code that breaks every promise it can."""
