"""What every request passes through: log, security, login, limits and uploads; and how the server is monitored."""
