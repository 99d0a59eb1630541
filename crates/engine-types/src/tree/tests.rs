use super::*;
use proptest::prelude::*;

/// Numbers in a vector, at most `limit` of them.
#[derive(Clone, Debug)]
struct Numbers(Vec<u32>);

impl Leaf for Numbers {
    type Key = u32;
    type Limit = usize;

    fn count(&self) -> usize {
        self.0.len()
    }

    fn key(&self) -> Option<u32> {
        self.0.first().copied()
    }

    fn begins_with(&self, key: &u32) -> bool {
        self.0.first() == Some(key)
    }

    fn same_key(left: &u32, right: &u32) -> bool {
        left == right
    }

    fn split(&mut self, changed: Option<usize>, limit: usize) -> Option<Self> {
        let len = self.0.len();
        let at = match changed {
            Some(0) => 1,
            Some(index) if index + 1 == len => len - 1,
            _ => len / 2,
        };
        (len > limit).then(|| Numbers(self.0.split_off(at)))
    }

    fn is_small(&self, limit: usize) -> bool {
        self.0.len() <= limit / 4
    }

    fn fits_with(&self, next: &Self, limit: usize) -> bool {
        self.0.len() + next.0.len() <= limit / 2
    }

    fn absorb(&mut self, next: &Self) {
        self.0.extend(&next.0);
    }

    fn bytes(&self) -> usize {
        self.0.capacity() * 4
    }
}

fn check(tree: &Tree<Numbers>) {
    fn walk(node: &Node<Numbers>, root: bool) -> (usize, usize) {
        match node {
            Node::Leaf(leaf) => {
                assert!(root || leaf.count() > 0);
                (leaf.count(), 1)
            }
            Node::Inner(children) => {
                assert!(children.len() <= FANOUT && children.len() > usize::from(root));
                let (mut sum, mut depth) = (0, None);
                for child in children {
                    let (count, below) = walk(&child.node, false);
                    assert_eq!(count, child.count);
                    assert_eq!(child.node.key(), Some(child.key));
                    assert!(
                        depth.is_none_or(|depth| depth == below),
                        "all leaves are as deep"
                    );
                    depth = Some(below);
                    sum += count;
                }
                (sum, depth.unwrap_or(0) + 1)
            }
        }
    }
    assert_eq!(walk(&tree.root, true).0, tree.len());
}

fn all(tree: &Tree<Numbers>) -> Vec<u32> {
    tree.leaves()
        .flat_map(|leaf| leaf.0.iter().copied())
        .collect()
}

#[test]
fn appending_leaves_full_leaves_behind() {
    let mut tree = Tree::new(Numbers(Vec::new()));
    for number in 0..1000 {
        tree.grow(tree.len(), 8, |leaf, at| leaf.0.insert(at, number));
    }
    check(&tree);
    assert_eq!(tree.leaves().count(), 125);
    assert_eq!(all(&tree), (0..1000).collect::<Vec<_>>());
    assert_eq!(
        tree.partition(
            |&key| key < 777,
            |leaf| leaf.0.partition_point(|&n| n < 777)
        ),
        777
    );
}

#[test]
fn a_leaf_can_fall_into_many() {
    let mut tree = Tree::new(Numbers(Vec::new()));
    tree.grow(0, 2, |leaf, _| leaf.0.extend(0..100));
    assert_eq!(all(&tree), (0..100).collect::<Vec<_>>());
    tree.grow(50, 2, |leaf, at| leaf.0.insert(at, 5));
    assert_eq!(tree.len(), 101);
    assert!(tree.leaves().all(|leaf| leaf.count() <= 2));
}

proptest! {
    #[test]
    fn behaves_like_a_vector(ops in proptest::collection::vec((0u8..8, any::<u16>()), 0..1500)) {
        let mut tree = Tree::new(Numbers(Vec::new()));
        let mut model: Vec<u32> = Vec::new();
        let mut kept = Vec::new();
        // Grows first and shrinks later.
        let half = ops.len() / 2;
        for (step, (op, place)) in ops.into_iter().enumerate() {
            let adds = if step < half { 6 } else { 2 };
            let position = usize::from(place) % (model.len() + 1);
            if op < adds {
                let position = match op { 0 => 0, 1 => model.len(), _ => position };
                tree.grow(position, 8, |leaf, at| leaf.0.insert(at, step as u32));
                model.insert(position, step as u32);
            } else if position < model.len() {
                let gone = tree.shrink(position, 8, |leaf, at| leaf.0.remove(at));
                prop_assert_eq!(gone, model.remove(position));
            }
            if step % 400 == 399 {
                kept.push((tree.clone(), model.clone()));
            }
            check(&tree);
            let (leaf, at) = match tree.leaf_at(position) {
                Some(found) => found,
                None => { prop_assert!(position >= model.len()); continue; }
            };
            prop_assert_eq!(leaf.0[at], model[position]);
        }
        for (tree, model) in kept.into_iter().chain([(tree, model)]) {
            check(&tree);
            prop_assert_eq!(all(&tree), model);
        }
    }
}
