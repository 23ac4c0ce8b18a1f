# What backend/collector builds.
