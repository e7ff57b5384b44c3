"""Wire schemas of EmProx Server."""
