#!/usr/bin/env node
// npm links a command when it installs, before the checkout is built: so this file is not a built one.
import '../dist/cli/main.js';
