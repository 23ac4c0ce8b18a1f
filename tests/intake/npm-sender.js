// npm's net-snmp as a sender: a line of JSON in, the notification out, a line of JSON back when it was sent or answered.
"use strict";
const snmp = require(process.argv[2] + "/net-snmp");
const readline = require("readline");

function session(c) {
    const options = { trapPort: c.port, transport: c.six ? "udp6" : "udp4", retries: 2, timeout: 5000,
                      version: c.version === 1 ? snmp.Version1 : c.version === 2 ? snmp.Version2c : snmp.Version3 };
    const target = c.six ? "::1" : "127.0.0.1";
    if (c.version !== 3)
        return snmp.createSession(target, "not-kept", options);
    options.context = "ctx";
    if (c.engine)
        options.engineID = c.engine;
    return snmp.createV3Session(target, {
        name: c.user, level: snmp.SecurityLevel[c.level], authProtocol: snmp.AuthProtocols[c.auth], authKey: c.authKey,
        privProtocol: snmp.PrivProtocols[c.priv], privKey: c.privKey }, options);
}

readline.createInterface({ input: process.stdin }).on("line", line => {
    const c = JSON.parse(line);
    const say = error => { process.stdout.write(JSON.stringify({ error: error ? String(error) : null }) + "\n"); };
    const varbinds = c.values.map(v => ({ oid: v[0], type: snmp.ObjectType[v[1]],
                                          value: v[1] === "Counter64" ? Buffer.from(v[2], "hex") : v[2] }));
    try {
        const s = session(c);
        s.on("error", say);
        const done = error => { say(error); s.close(); };
        const options = { upTime: 4711, agentAddr: "10.9.8.7" };
        if (c.inform)
            s.inform(c.name, varbinds, options, done);
        else
            s.trap(c.generic === undefined ? c.name : c.generic, varbinds, options, done);
    } catch (error) {
        say(error);
    }
});
