-- Why a request found less in the cache than the one before: the parts of both are compared.
ALTER TABLE turns ADD COLUMN shape text;
COMMENT ON COLUMN turns.shape IS 'JSON text: a digest of each part of the request';
