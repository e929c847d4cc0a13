-- What a unit of work has read, and counts on, is looked at on the way to its commit, where nobody has to wait for the answer:
-- the unit fails with a code of its own, which says that it may run again (`isRetryable`).
CREATE FUNCTION expect_as_read(holds boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF holds IS NOT TRUE THEN RAISE EXCEPTION 'what was read no longer holds' USING ERRCODE = 'CS001'; END IF;
END $$;
