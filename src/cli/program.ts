import { Command, InvalidArgumentError, Option } from 'commander'
import { scopes } from '../contract/caller.ts'
import { version } from '../config/version.ts'
import { parseFault, type FullFault } from '../sandbox/fault.ts'
import { explainFault } from '../sandbox/fault-list.ts'
import { backup } from './backup.ts'
import type { DoctorFlags } from './doctor/orders.ts'
import { createKey, listKeys, revokeKey } from './keys.ts'
import { model } from './model.ts'
import { sandbox } from './sandbox.ts'
import { start } from './start.ts'
import { stdio } from './stdio.ts'

/** The command line: each command is a file beside this one, loaded with it. */
export const createProgram = (): Command => {
  const program = new Command('node scripts/launch.mjs')
    .description('One gateway between a team and every model provider: MCP tools, an OpenAI-compatible API.')
    .version(version)
    .showHelpAfterError('(--help shows what there is)')

  program.command('start').description('serve MCP and HTTP until told to stop').action(start)
  program.command('stdio').description('serve MCP on standard input and output').action(stdio)
  program
    .command('sandbox')
    .description('serve the sandbox alone: a stand-in for every provider, without cost')
    .option('--port <port>', 'port to listen on; 0: any free one', readPort, 9090)
    .option(
      '--fault <fault>',
      'act this out in every answer; repeat it to take turns; "list" shows all',
      readFaults,
      [],
    )
    .option('--fault-times <n>', 'each fault so many times, then answer as always', readTimes)
    .option('--fault-row <row>', 'only where the path begins with /<row>/')
    .option('--fault-model <model>', 'only in answers of this model')
    .action(sandbox)

  program
    .command('demo')
    .description('show a gateway of its own at work on the sandbox: routing, cache, failover, limits, the bill')
    // Loaded when asked for: the MCP clients would make every other command start later.
    .action(async () => (await import('./demo.ts')).demo())

  program
    .command('doctor')
    .description('examine a gateway from outside: this one, or another with an OpenAI-compatible API')
    .argument('<url>', "the gateway's URL, or its OpenAI-compatible base URL that ends in /v1")
    .option('--key-file <file>', 'read the key from a file, "-" for standard input (default: AI_GATEWAY_API_KEY)')
    .addOption(new Option('--key <key>').hideHelp())
    .option('--header <header>', '"name: value" with every request, or @FILE with one a line; repeatable', collect)
    .option('--spend', 'also ask for a completion, a stream and one that is cancelled; says what it may cost')
    .option('--model <model>', 'the model that answers them')
    .option('--upstream <host:port>', 'be the upstream of that model there, and see what the gateway does to it')
    .option('--timeout <seconds>', 'for the whole examination', '30')
    .option('--json', 'print the report as JSON, when it is whole')
    .addHelpText(
      'after',
      '\nExit codes: 0 nothing is wrong, 1 something is, 2 the command cannot run as it was called.',
    )
    // A value that was typed to the wrong flag may be a key.
    .configureOutput({
      outputError: (text, write) => write(text.replaceAll(/=[^'\n]*/g, '=…').replace(/(but got \d+): .*/, '$1.')),
    })
    // So that a typing error is not taken for a sick gateway.
    .exitOverride()
    .action(async (url: string, flags: DoctorFlags) => (await import('./doctor.ts')).doctor(url, flags))

  program
    .command('model')
    .description('show the local embedding model, fetch or mend it, and measure it')
    .option('--json', 'print it as JSON', false)
    .action(model)

  const keys = program.command('keys').description("make, list and revoke the gateway's own keys")
  keys
    .command('create')
    .description('make a key and show it, once')
    .requiredOption('--name <name>', 'whose key it is')
    .addOption(new Option('--scope <scope>', 'what it may do').choices(scopes).default('use'))
    .option('--team <team>', 'the team that it belongs to')
    .option('--tenant <tenant>', 'the tenant that it belongs to')
    .option('--limits <limits>', 'its own, e.g. requests_per_minute=60,tokens_per_day=1000000')
    .action(createKey)
  keys.command('list').description('list keys; never their secrets').action(listKeys)
  keys
    .command('revoke')
    .description('revoke a key; holds within a second in a running gateway')
    .argument('<id>', 'id, as "node scripts/launch.mjs keys list" shows it')
    .action(revokeKey)

  program
    .command('backup')
    .description('copy the ledger and the keys, also while the gateway runs')
    .argument('<file>', 'where to')
    .option('--force', 'replace the file where there is one', false)
    .action(backup)
  return program
}

const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]

const readFaults = (text: string, before: readonly (FullFault | 'list')[]): readonly (FullFault | 'list')[] => {
  const fault = text === 'list' ? text : parseFault(text)
  if (fault === null) throw new InvalidArgumentError(explainFault(text))
  return [...before, fault]
}

const readTimes = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Use a whole number from 1.')
  return Number(text)
}

const readPort = (text: string): number => {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('Use a port from 0 to 65535.')
  return port
}
