# What backend/store builds.
