# What mibs builds and installs.
