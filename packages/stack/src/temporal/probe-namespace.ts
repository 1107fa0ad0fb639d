import { connect } from 'node:http2';

/** `refused`: the server answered with another gRPC status. `unreachable`: nothing that speaks gRPC answered. */
export type NamespaceProbe = 'registered' | 'not_found' | 'refused' | 'unreachable';

const method = '/temporal.api.workflowservice.v1.WorkflowService/DescribeNamespace';
const grpcNotFound = '5';

/**
 * Asks a Temporal server for a namespace, with one gRPC call written out by hand: a whole gRPC client for one question
 * would be the largest dependency of this package.
 * @param address `host:port`, without TLS
 */
export function probeNamespace(address: string, namespace: string, timeoutMs = 2_000): Promise<NamespaceProbe> {
  return new Promise((resolve) => {
    const session = connect(`http://${address}`);
    const finish = (probe: NamespaceProbe): void => {
      session.destroy();
      resolve(probe);
    };
    session.setTimeout(timeoutMs, () => finish('unreachable'));
    session.on('error', () => finish('unreachable'));
    const stream = session.request({
      ':method': 'POST',
      ':path': method,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    let status: string | undefined;
    const readStatus = ({ 'grpc-status': found }: Record<string, unknown>): void => {
      if (typeof found === 'string') status = found;
    };
    stream.on('response', readStatus).on('trailers', readStatus);
    stream.on('error', () => finish('unreachable'));
    stream.on('close', () => finish(toProbe(status)));
    stream.resume();
    stream.end(grpcFrame(describeNamespaceRequest(namespace)));
  });
}

function toProbe(status: string | undefined): NamespaceProbe {
  if (status === undefined) return 'unreachable';
  if (status === '0') return 'registered';
  return status === grpcNotFound ? 'not_found' : 'refused';
}

/** `string namespace = 1`: tag of field 1, the length as a varint, the bytes (protobuf, "Encoding"). */
function describeNamespaceRequest(namespace: string): Buffer {
  const name = Buffer.from(namespace);
  const length: number[] = [];
  for (let rest = name.length; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.concat([Buffer.from([0x0a, ...length, rest]), name]);
    length.push((rest & 0x7f) | 0x80);
  }
}

/** gRPC over HTTP/2, "Length-Prefixed-Message": not compressed, four bytes of length, the message. */
function grpcFrame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
