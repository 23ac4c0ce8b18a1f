# What ui/cli builds and installs.
