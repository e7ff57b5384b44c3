"""From ten thousand observations to a billion, and from one worker to ten thousand: calculated and simulated."""
