# What backend/mail builds.
