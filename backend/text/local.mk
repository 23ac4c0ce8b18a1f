# What backend/text builds.
