-- A surface tells of a turn again as it was asked for: with its tools, its metadata, its form.
ALTER TABLE turns ADD COLUMN kept text;
COMMENT ON COLUMN turns.kept IS 'JSON text of what a surface keeps with the turn';
