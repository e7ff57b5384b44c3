"""EmProx Server: performance estimates for neural architecture search."""
