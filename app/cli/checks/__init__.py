"""What `emprox check` looks at, one file for each thing."""
