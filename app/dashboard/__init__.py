"""What the page at `GET /` draws: progress, a map of the search space, activity and graphs."""
