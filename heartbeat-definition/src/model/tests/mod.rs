//! Round trips: any model that is written as XML reads back as the same model.

mod configuration;
mod definition;
mod endpoint;
mod network;
mod place;
mod process;
mod role;
mod site;
mod xml;

use proptest::prelude::*;

use self::configuration::{configuration, write_configuration};
use self::definition::{definition, write_definition};
use self::place::Place;
use crate::{ServiceConfiguration, ServiceDefinition};

proptest! {
    #[test]
    fn a_definition_reads_back(model in definition()) {
        let text = write_definition(&model);
        let mut read = ServiceDefinition::read(text.as_bytes()).unwrap();
        read.clear_places();
        prop_assert_eq!(read, model, "{}", text);
    }

    #[test]
    fn a_configuration_reads_back(model in configuration()) {
        let text = write_configuration(&model);
        let mut read = ServiceConfiguration::read(text.as_bytes()).unwrap();
        read.clear_places();
        prop_assert_eq!(read, model, "{}", text);
    }
}

#[test]
fn models_compare_their_sources() {
    let read = |text: &str| ServiceDefinition::read(text.as_bytes()).unwrap();
    let (plain, spaced) = ("<ServiceDefinition name='S'/>", "<ServiceDefinition  name='S'/>");
    assert_eq!(read(plain), read(plain));
    assert_ne!(read(plain), read(spaced));
}
