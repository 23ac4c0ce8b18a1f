# What ui/console builds and installs.
