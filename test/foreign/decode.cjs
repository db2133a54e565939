// SPDX-License-Identifier: Apache-2.0
// Decodes capture files with Wireshark: decode.cjs MODULES FILE...
// For each packet of each file one line of JSON: what the dissector of the identifier
// resolution protocol read, in order, message by message, and what it complained of.
'use strict';
const fs = require('fs');
const path = require('path');

const PROTOCOL = 'do-irp';

// "name == value" of a display filter, which is the only typed form that is offered.
function parseFilter(filter) {
  const at = filter.indexOf(' == ');
  return at < 0 ? [filter, ''] : [filter.slice(0, at), filter.slice(at + 4)];
}

function collect(tree, packet, message) {
  for (let i = 0; i < tree.size(); i++) {
    const node = tree.get(i);
    const [name, value] = parseFilter(node.filter);
    let inside = message;
    if (name === PROTOCOL) {
      inside = [];
      packet.messages.push(inside);
    } else if (name.startsWith('_ws.') || name === 'data') {
      packet.problems.push(node.label);
    } else if (inside && name.startsWith(PROTOCOL + '.')) {
      inside.push([name.slice(PROTOCOL.length + 1), value]);
    }
    if (node.tree) collect(node.tree, packet, inside);
  }
}

async function main([modules, ...files]) {
  const dist = path.join(modules, '@goodtools', 'wiregasm', 'dist');
  const load = require(path.join(dist, 'wiregasm.js'));
  const wireshark = await load({
    locateFile: (name) => path.join(dist, name),
    print() {},
    printErr() {},
    handleStatus() {},
  });
  const say = console.log;
  console.log = () => {}; // it tells of its start there
  wireshark.init();
  console.log = say;
  for (const file of files) {
    wireshark.FS.writeFile('/uploads/capture.pcap', fs.readFileSync(file));
    const session = new wireshark.DissectSession('/uploads/capture.pcap');
    const loaded = session.load();
    if (loaded.code !== 0) throw new Error(`${file}: ${loaded.error}`);
    for (let number = 1; number <= loaded.summary.packet_count; number++) {
      const packet = { file: path.basename(file), number, messages: [], problems: [] };
      collect(session.getFrame(number).tree, packet, null);
      say(JSON.stringify(packet));
    }
    session.delete();
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
