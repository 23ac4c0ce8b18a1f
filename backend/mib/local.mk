# What backend/mib builds.
