import { Module } from '@nestjs/common';
import { EventStream } from './event-stream.js';
import { EventResolver } from './event.resolver.js';
import { LazyEventListener } from './lazy-event-listener.js';

@Module({ providers: [EventResolver, EventStream, LazyEventListener] })
export class EventsModule {}
