"""What every request passes: logs, security, login, limits, uploads, and how the server is monitored."""
