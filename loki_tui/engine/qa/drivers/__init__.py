"""Programs that drive a browser in a checkout: text to Loki itself, run by the hands' Node or Python."""
