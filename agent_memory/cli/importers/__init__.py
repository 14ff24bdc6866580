"""What people have already: the transcripts and exports of other programs, one program a file."""
