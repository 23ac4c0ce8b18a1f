# What doc builds and installs.
