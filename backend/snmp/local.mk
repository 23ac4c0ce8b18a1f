# What backend/snmp builds.
