# What backend/settings builds.
