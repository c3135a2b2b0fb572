//! The rendered files of the fleet under podman, with images from scratch, in namespaces of their own.

mod compose;
mod engine;
mod images;
mod kube;
