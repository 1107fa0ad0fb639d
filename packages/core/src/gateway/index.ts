export type {
  GatewayCallEnd,
  GatewayCallStart,
  GatewayDoing,
  GatewayGrant,
  GatewayHold,
  GatewayLedger,
  GatewayLimits,
  GatewayPorts,
  GatewayRefusal,
  GatewayUpstream,
  GatewayWait,
  UpstreamSign,
} from './gateway-ports.js';
export { hashGatewayToken, mintGatewayToken } from './gateway-token.js';
export { defaultGatewayLimits, type Gateway, type GatewayOptions, startGateway } from './start-gateway.js';
