"""The dashboard over real sockets."""
