from agent_memory.cache.hashing import chain_hash, root_hash


def test_models_formats_and_workspaces_share_no_root() -> None:
    roots = {
        root_hash("m", "f32", "w"),
        root_hash("n", "f32", "w"),
        root_hash("m", "q8", "w"),
        root_hash("m", "f32", "v"),
        root_hash("mf32", "", "w"),
    }
    assert len(roots) == 5


def test_a_block_is_named_by_its_tokens_and_all_before_them() -> None:
    root = root_hash("m", "f32", "w")
    first = chain_hash(root, (1, 2))
    assert chain_hash(root, [1, 2]) == first
    assert chain_hash(first, (1, 2)) != first
    assert chain_hash(root, (2, 1)) != first
