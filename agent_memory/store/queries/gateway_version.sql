SELECT version FROM gateway_version
