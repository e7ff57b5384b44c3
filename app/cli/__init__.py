"""The command line: `emprox serve | train | import | evaluate`."""
