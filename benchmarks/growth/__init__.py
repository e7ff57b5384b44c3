"""How the cost of an answer grows with a study, with the neighbors that are asked for, and with graphs."""
