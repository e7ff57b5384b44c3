"""What the service is about: architectures, studies, observations, predictions. Standard library and numpy only."""
