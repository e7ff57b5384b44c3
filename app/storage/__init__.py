"""The observations, durable in a database that is the truth; everything else is rebuilt from it."""
