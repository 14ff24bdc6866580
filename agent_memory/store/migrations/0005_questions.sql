-- What was asked when something was shown, so that what was said of it counts for like questions.
ALTER TABLE impressions
    ADD COLUMN question_terms integer[],
    ADD COLUMN question_space_id text,
    ADD COLUMN question_vector halfvec;
ALTER TABLE impressions ALTER COLUMN question_vector SET STORAGE PLAIN;
COMMENT ON COLUMN impressions.question_terms IS
    'Hashes of its terms, each as often as it occurs; NULL where the question is not known';
COMMENT ON COLUMN impressions.question_vector IS 'In the space question_space_id';

CREATE INDEX feedback_on_questions ON feedback (workspace_id, item_no, created_at DESC)
    WHERE impression_id IS NOT NULL AND withdrawn_at IS NULL
        AND verdict IN ('helpful', 'not_helpful', 'used');
