"""The face over the network: health, runs, control, and the application in a browser."""
