"""What the client answers with: lists that print as tables and convert to pandas."""
