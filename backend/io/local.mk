# What backend/io builds.
