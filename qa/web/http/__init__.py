"""The middleware of every request (log, security, login, limits, uploads), and the monitoring of the server."""
