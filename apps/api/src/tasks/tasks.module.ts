import { Module } from '@nestjs/common';
import { GateResultResolver, ReviewResolver } from './gate-result.resolver.js';
import { TaskResolver } from './task.resolver.js';
import { TaskService } from './task.service.js';

@Module({ providers: [TaskResolver, GateResultResolver, ReviewResolver, TaskService] })
export class TasksModule {}
