# See CONTRIBUTING.md for what goes where.
