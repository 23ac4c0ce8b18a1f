# What themes builds and installs.
