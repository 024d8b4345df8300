// @napi-rs/canvas comes from kbench's own dependencies: named here too, its 15 MB of one platform would be bundled.
module.exports = require('@napi-rs/canvas')
